"""Files of other programs that hold manifests or Corefiles: Terraform, shell scripts, Markdown."""
