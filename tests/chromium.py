"""How Chromium is started, and watched, by the tests of the page and by the bench."""

FLAGS = [
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# What a page asks of its workers: how many it started and ended, and the messages that it sent them.
COUNT_WORK = """
  Object.assign(window, { messages: 0, started: 0, ended: 0 })
  const { postMessage, terminate } = Worker.prototype
  Worker.prototype.postMessage = function (...rest) { window.messages += 1; return postMessage.apply(this, rest) }
  Worker.prototype.terminate = function () { if (!this.ended) { this.ended = true; window.ended += 1 } return terminate.apply(this) }
  window.Worker = class extends Worker { constructor(...rest) { super(...rest); window.started += 1 } }
"""

# What of a page begins or ends beyond its sides, or makes it wider, save what scrolls by itself and what only a screen reader is told.
STICKS_OUT = """() => {
  const { clientWidth, scrollWidth } = document.documentElement
  const found = scrollWidth > clientWidth ? [`the page: ${scrollWidth} of ${clientWidth}`] : []
  const search = (elements) => {
    for (const element of elements) {
      const { display, overflowX, clipPath } = getComputedStyle(element)
      const { left, right, width } = element.getBoundingClientRect()
      if (display === 'none' || clipPath !== 'none') continue
      if (width && (left < -0.5 || right > clientWidth + 0.5)) found.push(`${element.localName}: ${left} to ${right} of ${clientWidth}`)
      if (!['auto', 'scroll', 'hidden'].includes(overflowX)) search([...element.children, ...(element.shadowRoot?.children ?? [])])
    }
  }
  search(document.body.children)
  return found
}"""
