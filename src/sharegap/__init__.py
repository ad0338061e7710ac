"""sharegap: how much of the generalization gap does sharing parameters close?"""
