"""An example of a Sightline plug-in: a sink, a rule and a source, one file each."""
