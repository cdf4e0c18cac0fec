import SluiceNN
