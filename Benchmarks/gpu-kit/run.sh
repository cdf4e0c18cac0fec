#!/bin/sh
# Tries Sluice on this host: devices, verify, bench, tune, bench, a training of each task on generated data;
# PyTorch's figures at the same shapes where python3 has it. Results go to results/ beside this
# script, report.md first. Goes on where a part fails; its own status is then 1.
#
#   ./run.sh                       every device
#   KIT_DEVICE=opencl:0.0 ./run.sh that one only
#   KIT_SHAPE=sales-2x50-b32 …     that shape only
#   KIT_EPOCHS=1 …                 trainings of so many epochs, not of as many as by default
here=$(cd "$(dirname "$0")" && pwd)
out="$here/results"
device="${KIT_DEVICE:-all}"
mkdir -p "$out"
report="$out/report.md"
failed=0
if [ ! -x "$here/sluice" ]; then
  gzip -dc "$here/sluice.gz" >"$here/sluice" && chmod +x "$here/sluice" || exit 1
fi

# The host's own loader and drivers come first; the kit's stand in where there are none.
export LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}/usr/lib/x86_64-linux-gnu:$here/lib"
if [ ! -d /etc/OpenCL/vendors ] && [ -z "${OCL_ICD_VENDORS:-}" ]; then
  library=$(find / -name 'libnvidia-opencl.so.1' -not -path '/proc/*' 2>/dev/null | head -n 1)
  [ -n "$library" ] && echo "$library" >"$here/vendors/nvidia.icd"
  export OCL_ICD_VENDORS="$here/vendors"
fi

# part NAME COMMAND…: runs it, keeps its output, says in the report how it ended.
part() {
  name=$1
  shift
  echo "== $name: $*" >&2
  start=$(date +%s)
  "$@" >"$out/$name.txt" 2>"$out/$name.log"
  status=$?
  [ $status -eq 0 ] || failed=1
  {
    printf '\n## %s\n\nstatus %s, %s s\n\n```\n' "$name" "$status" $(($(date +%s) - start))
    head -c 20000 "$out/$name.txt"
    [ $status -eq 0 ] || tail -n 20 "$out/$name.log"
    printf '```\n'
  } >>"$report"
}

{
  echo "# Sluice on $(uname -n)"
  printf '\n%s, %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$(uname -srm)"
} >"$report"

shape=${KIT_SHAPE:+--shape $KIT_SHAPE}
epochs=${KIT_EPOCHS:+--epochs $KIT_EPOCHS}
one=$device
[ "$device" = all ] && one=auto

part devices "$here/sluice" devices
part devices-json "$here/sluice" devices --json
part verify "$here/sluice" verify --device "$device"
# shellcheck disable=SC2086 # the flag and its value are two words
part bench "$here/sluice" bench --device "$device" $shape
# shellcheck disable=SC2086
part bench-json "$here/sluice" bench --device "$device" $shape --json
tuned=$shape
[ -z "$shape" ] || "$here/sluice" bench --shapes | grep -q "\"$KIT_SHAPE\"" || tuned=
# shellcheck disable=SC2086
part tune "$here/sluice" tune --device "$device" $tuned
# shellcheck disable=SC2086
part bench-tuned "$here/sluice" bench --device "$device" $shape
for task in $("$here/sluice" config); do
  rm -rf "${out:?}/$task"
  # shellcheck disable=SC2086
  part "train-$task" "$here/sluice" train "$task" --device "$one" --output "$out/$task" --json $epochs
done
part predict-sales "$here/sluice" predict --model "$out/sales/model" --output "$out/forecast.csv"
for task in $("$here/sluice" config); do
  [ "$task" != sales ] || continue
  part "predict-$task" "$here/sluice" predict --model "$out/$task/model" \
    --data "$out/$task/sample.csv" --output "$out/$task.csv"
done
if command -v python3 >/dev/null 2>&1 &&
  python3 -c 'import torch; assert torch.cuda.is_available()' >/dev/null 2>&1; then
  part shapes "$here/sluice" bench --shapes
  # shellcheck disable=SC2086
  if [ -z "$shape" ] || grep -q "\"$KIT_SHAPE\"" "$out/shapes.txt"; then
    part pytorch-cuda python3 "$here/race_shapes.py" --shapes "$out/shapes.txt" --device cuda $shape
  fi
else
  printf '\n## pytorch-cuda\n\nleft out: python3 with torch and CUDA is not here\n' >>"$report"
fi

echo "The report is $report"
exit $failed
