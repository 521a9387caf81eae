"""What charts are given: values, where objects and files hold them, and the pods that charts make of them."""
