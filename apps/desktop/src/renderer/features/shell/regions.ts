/** Parts of the page that F6 goes through, in the order in which they are read. */
const regions = '.title-bar, .rail, .side, .side-closed, .dock .dv-groupview, .content > :not(.notebooks), .inspector, .bottom, .status-bar'
const tabbable = 'a[href], button:not(:disabled), input:not(:disabled), textarea:not(:disabled), [tabindex]:not([tabindex="-1"])'

const lastFocused = new WeakMap<Element, HTMLElement>()

/** To the next part of the page, and there to where one was. */
export function goToRegion(by: 1 | -1): void {
  const places = [...document.querySelectorAll<HTMLElement>(regions)].filter(
    (each) => each.offsetParent !== null || each.getClientRects().length > 0,
  )
  if (places.length === 0) return
  const active = document.activeElement
  const at = places.findIndex((each) => each.contains(active))
  if (at >= 0 && active instanceof HTMLElement) lastFocused.set(places[at]!, active)
  const from = at < 0 && by < 0 ? 0 : at
  for (let step = 1; step <= places.length; step += 1) {
    const place = places[(from + by * step + places.length * 2) % places.length]!
    if (focusWithin(place)) return
  }
}

function focusWithin(place: HTMLElement): boolean {
  const was = lastFocused.get(place)
  const wanted = was?.isConnected
    ? was
    : (place.querySelector<HTMLElement>('[role="tab"][aria-selected="true"]') ?? place.querySelector<HTMLElement>(tabbable))
  if (wanted === null) {
    place.tabIndex = -1
    place.focus()
  } else wanted.focus()
  return place.contains(document.activeElement)
}
