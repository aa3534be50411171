import { download } from '../csv.js'

const footer = 26
const names = [
  'fill',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'font-size',
  'font-family',
  'font-weight',
  'opacity',
  'fill-opacity',
  'text-anchor',
] as const

/** A picture that stands alone: colours written out, and what the numbers rest on inside it. */
export async function savePicture(svg: SVGSVGElement, name: string, caption: string, format: 'svg' | 'png'): Promise<void> {
  const { width, height } = svg.getBoundingClientRect()
  const copy = svg.cloneNode(true) as SVGSVGElement
  writeOut(svg, copy)
  const token = (role: string) => getComputedStyle(document.documentElement).getPropertyValue(role).trim()
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  copy.setAttribute('width', String(width))
  copy.setAttribute('height', String(height + footer))
  copy.setAttribute('viewBox', `0 0 ${width} ${height + footer}`)
  const ground = document.createElementNS('http://www.w3.org/2000/svg', 'rect')
  for (const [key, value] of [
    ['width', '100%'],
    ['height', '100%'],
    ['fill', token('--bg-surface')],
  ] as const)
    ground.setAttribute(key, value)
  copy.prepend(ground)
  const text = document.createElementNS('http://www.w3.org/2000/svg', 'text')
  for (const [key, value] of [
    ['x', '12'],
    ['y', String(height + 16)],
    ['font-size', '11'],
    ['font-family', 'Inter, system-ui, sans-serif'],
    ['fill', token('--ink-2')],
  ] as const)
    text.setAttribute(key, value)
  text.textContent = caption
  copy.append(text)
  const drawn = new XMLSerializer().serializeToString(copy)
  if (format === 'svg') return download(`${name}.svg`, drawn, 'image/svg+xml')
  download(`${name}.png`, await rasterise(drawn, width, height + footer), 'image/png')
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
