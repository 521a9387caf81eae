"""The Kubernetes objects that kpl reads, as located models."""
