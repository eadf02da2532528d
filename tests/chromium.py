"""How Chromium is started, and watched, by the tests of the page and by the bench."""

FLAGS = ["--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]

# What a worker is sent is what it is asked to do.
COUNT_MESSAGES = """
  window.messages = 0
  const post = Worker.prototype.postMessage
  Worker.prototype.postMessage = function (...rest) { window.messages += 1; return post.apply(this, rest) }
"""
