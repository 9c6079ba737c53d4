"""What people said: policy, verdicts, sign-offs, reports. It must not write state but through the spine."""
