import { Download } from 'lucide-react'
import { toast } from 'sonner'
import { useReleasing } from '../../../api/download-queries.js'
import { mayRelease } from '../../../api/roles.js'
import { useMe } from '../../../api/SessionProvider.js'
import { Button } from '../../../ui/Button.js'
import { MenuButton } from '../../../ui/menus.js'
import { tellFailure } from '../../../ui/tell.js'
import { savePicture } from '../chart/picture.js'
import { download } from '../csv.js'
import type { Cell } from '../model.js'
import { cardId, useNotebook } from '../useNotebook.js'
import { denied } from './DownloadMenu.js'

interface Props {
  cell: Cell
  caption: string
  /** What the numbers rest on. */
  words: readonly string[]
  csv(about: string): string
  /** Statements whose results it shows. */
  statements: readonly string[]
  /** Rows in its table, as the statement gave them; 0: figures that the server made. */
  rows: number
  /** Rows that the drawing shows one by one. */
  drawnRows?: number
  /** Where there is something to draw. */
  picture?: boolean
}

/** Each file carries what its numbers rest on. */
export function ChartDownloads({ cell, caption, words, csv, statements, rows, drawnRows = 0, picture: drawn = true }: Props) {
  const { notebook } = useNotebook()
  const releases = mayRelease(useMe())
  const note = useReleasing(notebook.study)
  const failed = (error: unknown) => tellFailure('The file was not written', error)
  const about = `${notebook.page.title}, ${cell.name}`
  const foot = [`${about}, version ${notebook.version}`, ...words].join(' · ')
  const picture = (format: 'svg' | 'png') => {
    const svg = document.getElementById(cardId(cell.id))?.querySelector<SVGSVGElement>('.chart-plot svg')
    if (!svg) return void toast.error('Show the chart first')
    void note({ form: format, rows: drawnRows, statements: [...statements] })
      .then(() => savePicture(svg, { name: cell.name, caption, foot }, format))
      .then(() => toast.success(`Saved ${cell.name}.${format}`))
      .catch(failed)
  }
  const numbers = async () => {
    await note({ form: 'csv', rows, statements: [...statements] })
    download(`${cell.name}.csv`, csv([about, caption].filter(Boolean).join(': ')), 'text/csv;charset=utf-8')
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
            ...(drawn && (drawnRows === 0 || releases)
              ? [
                  { id: 'png', label: 'Picture, PNG', run: () => picture('png') },
                  { id: 'svg', label: 'Drawing, SVG', run: () => picture('svg') },
                ]
              : []),
            rows === 0 || releases ? { id: 'csv', label: 'Numbers, CSV', run: () => void numbers().catch(failed) } : denied,
          ],
        },
      ]}
    />
  )
}
