"""What people do, one file a verb: authorise, decide under the lock, record. Actions do not call each other."""
