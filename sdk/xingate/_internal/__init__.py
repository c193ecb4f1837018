"""Private to the SDK: nothing outside `xingate` imports from here."""
