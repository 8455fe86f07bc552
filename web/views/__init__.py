"""What templates show, made from rows: clocks, inbox rows, courses, records. No view writes or decides anything."""
