import { download } from '../csv.js'

const lineHeight = 15
const letterWidth = 5.9
const margin = 12
const names = [
  'fill',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'font-size',
  'font-family',
  'font-weight',
  'stroke-opacity',
  'opacity',
  'fill-opacity',
  'text-anchor',
] as const

export interface PictureWords {
  name: string
  /** Above the picture. */
  caption: string
  /** Beneath it: what the numbers rest on. */
  foot: string
}

/** A picture that stands alone: colours written out, its caption and what the numbers rest on inside it. */
export async function savePicture(svg: SVGSVGElement, words: PictureWords, format: 'svg' | 'png'): Promise<void> {
  const { text, width, height } = standingAlone(svg, words)
  if (format === 'svg') return download(`${words.name}.svg`, text, 'image/svg+xml')
  download(`${words.name}.png`, await rasterise(text, width, height), 'image/png')
}

export function standingAlone(svg: SVGSVGElement, { caption, foot }: PictureWords): { text: string; width: number; height: number } {
  const { width, height: inner } = svg.getBoundingClientRect()
  const drawn = svg.cloneNode(true) as SVGSVGElement
  writeOut(svg, drawn)
  const above = caption ? wrapped(caption, (width - 2 * margin) / (letterWidth * 1.15)) : []
  const beneath = wrapped(foot, (width - 2 * margin) / letterWidth)
  const head = above.length > 0 ? above.length * (lineHeight + 2) + margin : 0
  const height = head + inner + beneath.length * lineHeight + margin
  const copy = element('svg', { xmlns: 'http://www.w3.org/2000/svg', width, height, viewBox: `0 0 ${width} ${height}` })
  const token = (role: string) => getComputedStyle(document.documentElement).getPropertyValue(role).trim()
  copy.append(element('rect', { width: '100%', height: '100%', fill: token('--bg-surface') }))
  const family = 'Inter, system-ui, sans-serif'
  for (const [at, line] of above.entries())
    copy.append(
      element(
        'text',
        {
          x: margin,
          y: margin + 6 + at * (lineHeight + 2),
          'font-size': 13,
          'font-weight': 600,
          'font-family': family,
          fill: token('--ink-1'),
        },
        line,
      ),
    )
  const placed = element('g', { transform: `translate(0 ${head})` })
  placed.append(...drawn.childNodes)
  copy.append(placed)
  for (const [at, line] of beneath.entries())
    copy.append(
      element(
        'text',
        { x: margin, y: head + inner + 12 + at * lineHeight, 'font-size': 11, 'font-family': family, fill: token('--ink-2') },
        line,
      ),
    )
  return { text: new XMLSerializer().serializeToString(copy), width, height }
}

function element(name: string, attributes: Record<string, string | number>, text?: string): SVGElement {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value))
  if (text !== undefined) made.textContent = text
  return made
}

/** A drawing breaks no lines by itself. */
function wrapped(text: string, letters: number): string[] {
  const lines = ['']
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!
    if (line !== '' && line.length + word.length + 1 > letters) lines.push(word)
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`
  }
  return lines
}

/** A file knows no variables of the page. */
function writeOut(from: Element, to: Element): void {
  const style = getComputedStyle(from)
  for (const name of names) {
    const value = style.getPropertyValue(name)
    if (value !== '') to.setAttribute(name, value)
  }
  to.removeAttribute('class')
  for (const [at, child] of [...from.children].entries()) writeOut(child, to.children[at]!)
}

async function rasterise(svg: string, width: number, height: number): Promise<Blob> {
  const image = new Image()
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`
  await image.decode()
  const canvas = document.createElement('canvas')
  canvas.width = width * 2
  canvas.height = height * 2
  canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height)
  return new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no picture'))), 'image/png'))
}
