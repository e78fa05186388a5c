"""The gateway alone: the real nginx in front of services that write down what came."""
