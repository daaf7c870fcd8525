"""The monitor: schedules, measures, decides and stores."""
