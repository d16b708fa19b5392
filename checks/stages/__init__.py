"""One room per notebook: its exercises, its claims, its right and wrong answers."""
