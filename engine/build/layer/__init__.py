"""What COPY, ADD and WORKDIR write: laid out first, then written straight into the directory that
becomes a layer."""
