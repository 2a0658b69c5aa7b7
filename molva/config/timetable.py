"""What happens by the clock, and how often. Every line is a job of its stage; the work itself is there."""

from molva.jobs.schedules import Every

TIMETABLE: tuple[Every, ...] = ()
