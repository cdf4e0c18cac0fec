# The command in a small image. Written to be read: it has not been built yet.
#
#   docker build -t sluice .
#   docker run --rm -v "$PWD:/data" sluice train sales --data sales.csv --output run

FROM swift:6.2-bookworm AS build
WORKDIR /sluice
COPY . .
RUN Packaging/static-binary sluice

# The same Debian as above, so that its glibc is new enough.
FROM debian:bookworm-slim
RUN apt-get update \
  && apt-get install -y --no-install-recommends libstdc++6 ocl-icd-libopencl1 libhdf5-103-1 \
  && rm -rf /var/lib/apt/lists/*
COPY --from=build /sluice/sluice /usr/local/bin/sluice
WORKDIR /data
ENTRYPOINT ["sluice"]
