"""Signed notes, what a receipt proves, and the files of a spool with their verification."""
