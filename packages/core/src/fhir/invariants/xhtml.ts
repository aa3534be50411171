/** What a narrative's markup is, found in one pass. */
export interface Markup {
  /** One well-formed `div`, of the XHTML namespace if it names one. */
  wellFormed: boolean
  /** No address that runs code. */
  passive: boolean
  elementsAllowed: boolean
  attributesAllowed: boolean
  /** Some text, or an image. */
  hasContent: boolean
}

const elements: ReadonlySet<string> = new Set(
  'a abbr acronym b big blockquote br caption cite code col colgroup dd dfn div dl dt em h1 h2 h3 h4 h5 h6 hr i img li ol p pre q samp small span strong table tbody td tfoot th thead tr tt ul var'.split(
    ' ',
  ),
)
const attributes: ReadonlySet<string> = new Set(
  'abbr accesskey align alt axis bgcolor border cellhalign cellpadding cellspacing cellvalign char charoff charset cite class colspan compact coords dir frame headers height href hreflang hspace id lang longdesc name nowrap rel rev rowspan rules scope shape span src start style summary tabindex title type valign value vspace width'.split(
    ' ',
  ),
)
const xhtmlNamespace = 'http://www.w3.org/1999/xhtml'

let last: { text: string; markup: Markup } | null = null

/** Of the text asked last the answer is kept: format and three invariants ask for the same one. */
export function markupOf(text: string): Markup {
  if (last?.text !== text) last = { text, markup: new Reader(text).read() }
  return last.markup
}

const isBlank = (char: number): boolean => char === 32 || (char >= 9 && char <= 13)

// Every step moves on, and looks at no character twice but in one attribute's value: linear, whatever is sent.
class Reader {
  #at = 0
  readonly #open: string[] = []
  #roots = 0
  readonly #markup: Markup = { wellFormed: true, passive: true, elementsAllowed: true, attributesAllowed: true, hasContent: false }

  constructor(readonly text: string) {}

  read(): Markup {
    const { text } = this
    const markup = this.#markup
    while (markup.wellFormed && this.#at < text.length) {
      const tag = text.indexOf('<', this.#at)
      const end = tag < 0 ? text.length : tag
      this.#characters(this.#at, end)
      this.#at = end
      if (tag >= 0) this.#tag()
    }
    if (this.#open.length > 0 || this.#roots !== 1) markup.wellFormed = false
    return markup
  }

  #characters(from: number, to: number): void {
    for (let at = from; at < to; at++) {
      const char = this.text.charCodeAt(at)
      if (isBlank(char)) continue
      if (this.#open.length === 0) return this.#refuse()
      if (char === 38 && !isEntity(this.text, at)) return this.#refuse()
      this.#markup.hasContent = true
    }
  }

  #tag(): void {
    const { text } = this
    if (text.startsWith('<!--', this.#at)) return this.#skipTo('-->')
    if (text.startsWith('<![CDATA[', this.#at) && this.#open.length > 0) {
      this.#markup.hasContent = true
      return this.#skipTo(']]>')
    }
    const closing = text.charCodeAt(this.#at + 1) === 47
    this.#at += closing ? 2 : 1
    const name = this.#name()
    if (name === '') return this.#refuse()
    return closing ? this.#close(name) : this.#begin(name)
  }

  #skipTo(mark: string): void {
    const end = this.text.indexOf(mark, this.#at)
    if (end < 0) return this.#refuse()
    this.#at = end + mark.length
    return undefined
  }

  #close(name: string): void {
    this.#blanks()
    if (this.text.charCodeAt(this.#at) !== 62 || this.#open.pop() !== name) return this.#refuse()
    this.#at++
    return undefined
  }

  #begin(name: string): void {
    const markup = this.#markup
    if (this.#open.length === 0 && (name !== 'div' || ++this.#roots > 1)) return this.#refuse()
    if (!elements.has(name)) markup.elementsAllowed = false
    let seen: Set<string> | null = null
    for (;;) {
      const blanks = this.#blanks()
      const char = this.text.charCodeAt(this.#at)
      if (char === 62) {
        this.#at++
        this.#open.push(name)
        return undefined
      }
      if (char === 47 && this.text.charCodeAt(this.#at + 1) === 62) {
        this.#at += 2
        return undefined
      }
      const attribute = blanks ? this.#attribute(name) : ''
      if (attribute === '' || seen?.has(attribute)) return this.#refuse()
      ;(seen ??= new Set()).add(attribute)
    }
  }

  /** Name of the attribute that stands here; empty where none does. */
  #attribute(element: string): string {
    const name = this.#name()
    this.#blanks()
    if (name === '' || this.text.charCodeAt(this.#at) !== 61) return ''
    this.#at++
    this.#blanks()
    const quote = this.text.charAt(this.#at)
    const end = quote === '"' || quote === "'" ? this.text.indexOf(quote, this.#at + 1) : -1
    if (end < 0) return ''
    const value = this.text.slice(this.#at + 1, end)
    this.#at = end + 1
    if (value.includes('<')) return ''
    if (name === 'xmlns' && value !== xhtmlNamespace) return ''
    if (name !== 'xmlns' && !name.startsWith('xmlns:') && !attributes.has(name)) this.#markup.attributesAllowed = false
    if (runsCode(value)) this.#markup.passive = false
    if (element === 'img' && name === 'src') this.#markup.hasContent = true
    return name
  }

  #name(): string {
    const from = this.#at
    while (isNameChar(this.text.charCodeAt(this.#at))) this.#at++
    return this.text.slice(from, this.#at)
  }

  #blanks(): boolean {
    const from = this.#at
    while (isBlank(this.text.charCodeAt(this.#at))) this.#at++
    return this.#at > from
  }

  #refuse(): void {
    this.#markup.wellFormed = false
  }
}

const isNameChar = (char: number): boolean =>
  (char >= 97 && char <= 122) ||
  (char >= 65 && char <= 90) ||
  (char >= 48 && char <= 58) ||
  char === 45 ||
  char === 46 ||
  char === 95 ||
  char > 127

function isEntity(text: string, at: number): boolean {
  const end = text.indexOf(';', at)
  return end > at + 1 && end - at <= 12 && /^&(?:#\d+|#x[\da-f]+|[a-z][a-z\d]*)$/i.test(text.slice(at, end))
}

// A browser reads `java&#x73;cript :` as it reads the plain word.
function runsCode(value: string): boolean {
  if (!value.includes(':') && !value.includes('&')) return false
  const plain = value
    .replaceAll(/&#(?:x([\da-f]{1,6})|(\d{1,7}));?/gi, (_all, hex?: string, decimal?: string) => {
      const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
      return code <= 0x10ffff ? String.fromCodePoint(code) : ''
    })
    .replaceAll(/&(?:tab|newline);/gi, '')
    .replaceAll(/&colon;/gi, ':')
    .replaceAll(/[\p{Cc}\s]/gu, '')
  return /(?:javascript|vbscript):/i.test(plain)
}
