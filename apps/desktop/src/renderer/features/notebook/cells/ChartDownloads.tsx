import { Download } from 'lucide-react'
import { toast } from 'sonner'
import { Button } from '../../../ui/Button.js'
import { MenuButton } from '../../../ui/menus.js'
import { savePicture } from '../chart/picture.js'
import { download } from '../csv.js'
import type { Cell } from '../model.js'
import { cardId, useNotebook } from '../useNotebook.js'

interface Props {
  cell: Cell
  caption: string
  /** What the numbers rest on. */
  words: readonly string[]
  csv(about: string): string
  /** Where there is something to draw. */
  picture?: boolean
}

/** Each file carries what its numbers rest on. */
export function ChartDownloads({ cell, caption, words, csv, picture: drawn = true }: Props) {
  const { notebook } = useNotebook()
  const about = `${notebook.page.title}, ${cell.name}`
  const foot = [`${about}, version ${notebook.version}`, ...words].join(' · ')
  const picture = (format: 'svg' | 'png') => {
    const svg = document.getElementById(cardId(cell.id))?.querySelector<SVGSVGElement>('.chart-plot svg')
    if (svg) void savePicture(svg, { name: cell.name, caption, foot }, format).then(() => toast.success(`Saved ${cell.name}.${format}`))
    else toast.error('Show the chart first')
  }
  return (
    <MenuButton
      label="Download"
      trigger={
        <Button look="quiet" icon={Download}>
          {drawn ? 'PNG, SVG, CSV' : 'CSV'}
        </Button>
      }
      groups={[
        {
          entries: [
            ...(drawn
              ? [
                  { id: 'png', label: 'Picture, PNG', run: () => picture('png') },
                  { id: 'svg', label: 'Drawing, SVG', run: () => picture('svg') },
                ]
              : []),
            {
              id: 'csv',
              label: 'Numbers, CSV',
              run: () => download(`${cell.name}.csv`, csv([about, caption].filter(Boolean).join(': ')), 'text/csv;charset=utf-8'),
            },
          ],
        },
      ]}
    />
  )
}
