"""Shell scripts and Markdown, which hold manifests and Corefiles, and what files with heredocs have in common."""
