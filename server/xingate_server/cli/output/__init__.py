"""What commands print: answers, tables, sheets, charts."""
