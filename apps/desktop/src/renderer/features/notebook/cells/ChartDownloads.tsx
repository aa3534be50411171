import { Download } from 'lucide-react'
import { toast } from 'sonner'
import { Button } from '../../../ui/Button.js'
import { MenuButton } from '../../../ui/menus.js'
import { savePicture } from '../chart/picture.js'
import { basisWords, download, toCsv } from '../csv.js'
import type { Cell } from '../model.js'
import type { Result } from '../result.js'
import { cardId, useNotebook } from '../useNotebook.js'

/** Each file carries what its numbers rest on. */
export function ChartDownloads({ cell, result, caption, note }: { cell: Cell; result: Result; caption: string; note: string | null }) {
  const { notebook } = useNotebook()
  const foot = [`${notebook.page.title}, ${cell.name}, version ${notebook.version}`, ...basisWords(result), ...(note ? [note] : [])].join(
    ' · ',
  )
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
          PNG, SVG, CSV
        </Button>
      }
      groups={[
        {
          entries: [
            { id: 'png', label: 'Picture, PNG', run: () => picture('png') },
            { id: 'svg', label: 'Drawing, SVG', run: () => picture('svg') },
            {
              id: 'csv',
              label: 'Numbers, CSV',
              run: () =>
                download(
                  `${cell.name}.csv`,
                  toCsv(result, null, [`${notebook.page.title}, ${cell.name}`, caption].filter(Boolean).join(': ')),
                  'text/csv;charset=utf-8',
                ),
            },
          ],
        },
      ]}
    />
  )
}
