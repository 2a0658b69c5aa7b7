"""Pure rules of the money: values in, values out; no Django, no clock, no I/O."""
