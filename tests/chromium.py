"""How the tests of the page and the bench start and watch Chromium."""

FLAGS = [
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# Counts the messages to the page's workers, and the workers started and ended. `pending` holds what
# the page still waits for: calls of workers (numbered by Comlink), fetches, idle callbacks, and
# timers of less than five seconds, since longer ones are timeouts.
COUNT_WORK = """
  const pending = new Map()
  Object.assign(window, { messages: 0, started: 0, ended: 0, pending })
  const calls = new WeakMap()
  const forget = (worker) => { for (const id of calls.get(worker) ?? []) pending.delete(id) }
  const { postMessage, terminate } = Worker.prototype
  Worker.prototype.postMessage = function (message, ...rest) {
    window.messages += 1
    if (message?.id) {
      pending.set(message.id, 'call')
      calls.get(this)?.add(message.id)
    }
    return postMessage.call(this, message, ...rest)
  }
  Worker.prototype.terminate = function () {
    if (!this.ended) window.ended += 1
    this.ended = true
    forget(this)
    return terminate.apply(this)
  }
  window.Worker = class extends Worker {
    constructor(...rest) {
      super(...rest)
      window.started += 1
      calls.set(this, new Set())
      this.addEventListener('message', ({ data }) => pending.delete(data?.id))
    }
  }

  const { fetch, setTimeout, clearTimeout, requestIdleCallback } = window
  window.fetch = async (...rest) => {
    const id = Symbol('fetch')
    pending.set(id, 'fetch')
    try {
      return await fetch(...rest)
    } finally {
      pending.delete(id)
    }
  }
  window.setTimeout = (call, delay = 0, ...rest) => {
    const id = setTimeout(() => {
      pending.delete(`timer ${id}`)
      call(...rest)
    }, delay)
    if (delay < 5000) pending.set(`timer ${id}`, 'timer')
    return id
  }
  window.clearTimeout = (id) => {
    pending.delete(`timer ${id}`)
    clearTimeout(id)
  }
  window.requestIdleCallback = (call, options) => {
    const id = requestIdleCallback((deadline) => {
      pending.delete(`idle ${id}`)
      call(deadline)
    }, options)
    pending.set(`idle ${id}`, 'idle')
    return id
  }
"""

# Lists what sticks out of the page at its sides, except what scrolls by itself or is clipped.
STICKS_OUT = """() => {
  const { clientWidth, scrollWidth } = document.documentElement
  const found = scrollWidth > clientWidth ? [`the page: ${scrollWidth} of ${clientWidth}`] : []
  const search = (elements) => {
    for (const element of elements) {
      const { display, overflowX, clipPath } = getComputedStyle(element)
      const { left, right, width } = element.getBoundingClientRect()
      if (display === 'none' || clipPath !== 'none') continue
      if (width && (left < -0.5 || right > clientWidth + 0.5))
        found.push(`${element.localName}: ${left} to ${right} of ${clientWidth}`)
      if (!['auto', 'scroll', 'hidden'].includes(overflowX))
        search([...element.children, ...(element.shadowRoot?.children ?? [])])
    }
  }
  search(document.body.children)
  return found
}"""
