"""What runs on the host: making models for the door. TensorFlow lives here and nowhere else."""
