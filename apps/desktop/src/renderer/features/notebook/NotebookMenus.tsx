import { Ellipsis, FileCode2, FileText, Printer, Share2, Trash2 } from 'lucide-react'
import { useNavigate } from 'react-router'
import { useQueryClient } from '@tanstack/react-query'
import { toast } from 'sonner'
import { useReleasing } from '../../api/download-queries.js'
import { keys } from '../../api/queries.js'
import { mayRelease } from '../../api/roles.js'
import { useApi, useMe } from '../../api/SessionProvider.js'
import { paths } from '../../paths.js'
import { Button, IconButton } from '../../ui/Button.js'
import { MenuButton } from '../../ui/menus.js'
import { tellFailure } from '../../ui/tell.js'
import { download } from './csv.js'
import { useDesk } from './DeskProvider.js'
import { useNotebook } from './useNotebook.js'

/** The link names the version as it is now; what its reader may see is decided by the reader's own rights. */
export function ShareButton() {
  const { notebook } = useNotebook()
  const { desk, saveNow } = useDesk()
  const share = async () => {
    await saveNow(notebook.id)
    const version = desk.notebook(notebook.id)?.version ?? notebook.version
    const link = `${location.href.split('#')[0]}#${paths.notebook(notebook.id)}?version=${version}`
    await navigator.clipboard.writeText(link)
    toast.success(`Copied a link to version ${version}`, {
      description: 'Readers of the study see its text, and run it with their own rights.',
    })
  }
  return (
    <Button
      look="quiet"
      icon={Share2}
      onPress={() => void share().catch((error: unknown) => tellFailure('The link was not copied', error))}
    >
      Share
    </Button>
  )
}

const fileName = (title: string) =>
  title
    .replaceAll(/[^\p{L}\p{N} ._-]+/gu, ' ')
    .trim()
    .slice(0, 80) || 'notebook'

export function MoreMenu() {
  const { notebook } = useNotebook()
  const me = useMe()
  const by = { user: me.user, releases: mayRelease(me) }
  const note = useReleasing(notebook.study)
  const remove = useRemove()
  const name = fileName(notebook.page.title)
  const failed = (error: unknown) => tellFailure('The file was not made', error)
  const ipynb = async () => {
    const { toIpynb } = await import('./report/ipynb.js')
    download(`${name}.ipynb`, toIpynb(notebook.page), 'application/x-ipynb+json')
    toast.success(`Saved ${name}.ipynb`, { description: 'Text and settings of the cells, without results.' })
  }
  const html = async () => {
    const { reportHtml, reportContent } = await import('./report/html.js')
    await note({ form: 'html', ...reportContent(notebook, by) })
    download(`${name}.html`, reportHtml(notebook, by, new Date()), 'text/html;charset=utf-8')
    toast.success(`Saved ${name}.html`, {
      description: by.releases ? 'Results with what they rest on, in one file.' : 'Figures and charts; rows need the right to release.',
    })
  }
  const inDesktop = window.aquifer !== undefined
  const print = async () => {
    const [{ reportBody, reportContent }, { printReport }] = await Promise.all([import('./report/html.js'), import('./report/print.js')])
    await note({ form: 'print', ...reportContent(notebook, by) })
    await printReport(reportBody(notebook, by, new Date()), notebook.page.title)
  }
  const pdf = async () => {
    const [{ reportBody, reportContent }, { reportPdf }] = await Promise.all([import('./report/html.js'), import('./report/print.js')])
    await note({ form: 'pdf', ...reportContent(notebook, by) })
    const made = await reportPdf(reportBody(notebook, by, new Date()), notebook.page.title)
    if (made !== null) download(`${name}.pdf`, made as BlobPart, 'application/pdf')
  }
  return (
    <MenuButton
      label="This notebook"
      trigger={<IconButton label="More for this notebook" icon={Ellipsis} />}
      groups={[
        {
          entries: [
            { id: 'html', label: 'Report, HTML', note: 'one file with results', icon: FileText, run: () => void html().catch(failed) },
            ...(inDesktop
              ? [{ id: 'pdf', label: 'Report, PDF', note: 'pages with results', icon: FileText, run: () => void pdf().catch(failed) }]
              : []),
            { id: 'print', label: inDesktop ? 'Print' : 'Print or save as PDF', icon: Printer, run: () => void print().catch(failed) },
            {
              id: 'ipynb',
              label: 'Notebook, .ipynb',
              note: 'SQL and text, no results',
              icon: FileCode2,
              run: () => void ipynb().catch(failed),
            },
          ],
        },
        { entries: [{ id: 'delete', label: 'Delete this notebook', icon: Trash2, run: remove }] },
      ]}
    />
  )
}

/** Deleting can be taken back: the notebook is made again with the same text. */
function useRemove() {
  const api = useApi()
  const { desk } = useDesk()
  const { notebook } = useNotebook()
  const queries = useQueryClient()
  const navigate = useNavigate()
  return () => {
    const { id, study, page } = notebook
    const refresh = () => queries.invalidateQueries({ queryKey: keys.notebooks(study) })
    const restore = () =>
      void api
        .send('/query/api/v1/notebooks', { method: 'POST', body: { study, title: page.title, cells: page.cells } })
        .then(refresh)
        .catch((error: unknown) => tellFailure('The notebook was not restored', error))
    void api
      .send(`/query/api/v1/notebooks/${encodeURIComponent(id)}`, { method: 'DELETE' })
      .then(async () => {
        desk.parts.journal.clear(id)
        desk.parts.runs.clear(id)
        desk.close(id)
        await navigate(paths.notebooks)
        await refresh()
        return toast(`Deleted ${page.title}`, { action: { label: 'Undo', onClick: restore } })
      })
      .catch((error: unknown) => tellFailure('The notebook was not deleted', error))
  }
}
