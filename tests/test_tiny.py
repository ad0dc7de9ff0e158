"""The whole path on a drawn scene: frames in, tracks, counts, files and a page's picture out; no network, model or GPU."""
