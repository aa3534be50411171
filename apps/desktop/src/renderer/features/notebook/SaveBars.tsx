import { Copy, GitFork, History, WifiOff } from 'lucide-react'
import { useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import { toast } from 'sonner'
import { notebook as notebookSchema } from '@aquifer/core/contract'
import { ApiFailure, explain } from '../../api/failure.js'
import { keys } from '../../api/queries.js'
import { useApi } from '../../api/SessionProvider.js'
import { Button } from '../../ui/Button.js'
import { clock, lately } from '../../ui/format.js'
import { Icon } from '../../ui/Icon.js'
import { useNow } from '../../ui/use-now.js'
import { tellFailure } from '../../ui/tell.js'
import { useDesk } from './DeskProvider.js'
import { settle } from './save.js'
import { useCreateNotebook } from './useCreateNotebook.js'
import { useNotebook } from './useNotebook.js'

/** Three ways in which what is on screen is not what the server has, each with its way out. */
export function SaveBars() {
  const { notebook } = useNotebook()
  return (
    <>
      {notebook.recovered !== null && <Recovered at={notebook.recovered.at} />}
      {notebook.theirs !== null && <Conflict />}
      {notebook.save === 'failed' && <NotSaved />}
    </>
  )
}

function Recovered({ at }: { at: string }) {
  const { notebook } = useNotebook()
  const { desk } = useDesk()
  const now = useNow()
  return (
    <div className="notice info" role="status">
      <Icon of={History} />
      <span className="grow">Edits of {lately(at, now)} were kept here and never reached the server.</span>
      <Button onPress={() => desk.recover(notebook.id, true)}>Bring them back</Button>
      <Button look="quiet" onPress={() => desk.recover(notebook.id, false)}>
        Discard
      </Button>
    </div>
  )
}

function Conflict() {
  const { notebook } = useNotebook()
  const { desk, saveNow } = useDesk()
  const api = useApi()
  const queries = useQueryClient()
  const { id, study, page, theirs } = notebook
  const mine = () => {
    settle(desk, id, 'mine')
    void saveNow(id)
  }
  const copy = () =>
    void api
      .json('/query/api/v1/notebooks', notebookSchema, {
        method: 'POST',
        body: { study, title: `${page.title} (mine)`.slice(0, 200), cells: page.cells },
      })
      .then((made) => {
        settle(desk, id, 'theirs')
        desk.put(made)
        toast.success(`Saved your edits as ${made.title}`)
        return queries.invalidateQueries({ queryKey: keys.notebooks(study) })
      })
      .catch((error: unknown) => tellFailure('The copy was not made', error))
  return (
    <div className="notice warn" role="alert">
      <Icon of={GitFork} />
      <span className="grow">
        Somebody saved version {theirs?.version} at {theirs && clock(theirs.updatedAt)}. Yours differs from it.
      </span>
      <Button onPress={copy}>Keep mine as a copy</Button>
      <Button look="quiet" onPress={() => settle(desk, id, 'theirs')}>
        Take theirs
      </Button>
      <Button look="quiet" onPress={mine}>
        Replace theirs
      </Button>
    </div>
  )
}

function NotSaved() {
  const { notebook } = useNotebook()
  const { desk, saveNow } = useDesk()
  const { create, busy } = useCreateNotebook(notebook.study)
  const told = explain(notebook.saveError)
  if (notebook.saveError instanceof ApiFailure && notebook.saveError.status === 403) {
    const copy = () => {
      create({ title: `${notebook.page.title} (mine)`.slice(0, 200), cells: [...notebook.page.cells] })
      desk.edit(notebook.id, () => notebook.savedPage, 'structure')
    }
    return (
      <div className="notice info" role="status">
        <Icon of={Copy} />
        <span className="grow">This notebook is somebody else’s: your edits are kept here only.</span>
        <Button isDisabled={busy} onPress={copy}>
          Keep as my own copy
        </Button>
      </div>
    )
  }
  return (
    <div className="notice idle" role="status">
      <Icon of={WifiOff} />
      <span className="grow">
        {told.what}. Edits are kept here{told.tone === 'idle' ? '' : `: ${told.why}`}.
      </span>
      <Button onPress={() => void saveNow(notebook.id)}>Try now</Button>
    </div>
  )
}

/** Saving goes on by itself; who asks for it is told which version it became. */
export function useSaveNow(): () => void {
  const { notebook } = useNotebook()
  const { desk, saveNow } = useDesk()
  const { id } = notebook
  return useCallback(() => {
    void saveNow(id).then(() => {
      const now = desk.notebook(id)
      return now?.save === 'saved' ? toast.success(`Saved as version ${now.version}`) : toast('Not on the server yet: edits are kept here')
    })
  }, [desk, saveNow, id])
}
