"""Identity numbers: read, judged, compared and masked."""
