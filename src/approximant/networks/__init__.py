"""Networks: layers of weights, biases and activations; they know nothing of training or files."""

from approximant.networks._activations import ACTIVATIONS, Activation
from approximant.networks._layer import Layer
from approximant.networks._network import Network
from approximant.networks._spec import NetworkSpec, parse_network

__all__ = ["ACTIVATIONS", "Activation", "Layer", "Network", "NetworkSpec", "parse_network"]
