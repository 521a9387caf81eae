"""Terraform: manifests, values of charts and Corefiles in heredocs, and objects that become such texts."""
