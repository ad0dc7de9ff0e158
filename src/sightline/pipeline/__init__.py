"""The order of the stages; queues, scheduler, worker and supervisor."""
