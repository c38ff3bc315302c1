"""What memory is worth: does a learned profile predict reactions, is what people say remembered, at what cost."""
