"""The Python interface: the functions of `jupyter_mlops`, a module for each thing they are about."""
