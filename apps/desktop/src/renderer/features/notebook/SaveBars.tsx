import { Copy, Files, GitFork, HardDrive, History, WifiOff } from 'lucide-react'
import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useState } from 'react'
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
import { useDesk, useIsKept, useIsOpenElsewhere } from './DeskProvider.js'
import { settle } from './save.js'
import { untitled, useCreateNotebook } from './useCreateNotebook.js'
import { useNotebook } from './useNotebook.js'

/** Ways in which what is on screen is not what the server or the disk has, each with its way out. */
export function SaveBars() {
  const { notebook } = useNotebook()
  const isKept = useIsKept()
  const isElsewhere = useIsOpenElsewhere(notebook.id)
  return (
    <>
      {!isKept && <NotKept />}
      {isElsewhere && notebook.theirs === null && <Elsewhere />}
      {notebook.recovered !== null && <Recovered at={notebook.recovered.at} />}
      {notebook.theirs !== null && <Conflict />}
      {notebook.save === 'failed' && <NotSaved />}
    </>
  )
}

function NotKept() {
  const { notebook } = useNotebook()
  const { saveNow } = useDesk()
  return (
    <div className="notice warn" role="alert">
      <Icon of={HardDrive} />
      <span className="grow">
        This machine’s disk takes no more, so edits are not kept here. They are safe once the server has them: wait for “saved” before you
        close.
      </span>
      <Button onPress={() => void saveNow(notebook.id)}>Save now</Button>
    </div>
  )
}

function Elsewhere() {
  const [isHidden, hide] = useState(false)
  if (isHidden) return null
  return (
    <div className="notice info" role="status">
      <Icon of={Files} />
      <span className="grow">Open in another tab, too. What is saved there appears here; where both were edited, you are asked.</span>
      <Button look="quiet" onPress={() => hide(true)}>
        Hide
      </Button>
    </div>
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
  const isOwn = useIsOpenElsewhere(id)
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
        {isOwn ? 'Another tab' : 'Somebody'} saved version {theirs?.version} at {theirs && clock(theirs.updatedAt)}. What is here differs
        from it.
      </span>
      <Button onPress={copy}>Keep mine as a copy</Button>
      <Button look="quiet" onPress={() => settle(desk, id, 'theirs')}>
        {isOwn ? 'Take the other' : 'Take theirs'}
      </Button>
      <Button look="quiet" onPress={mine}>
        {isOwn ? 'Replace the other' : 'Replace theirs'}
      </Button>
    </div>
  )
}

function NotSaved() {
  const { notebook } = useNotebook()
  const { desk, saveNow } = useDesk()
  const { create, busy } = useCreateNotebook(notebook.study)
  const isKept = useIsKept()
  const told = explain(notebook.saveError)
  if (notebook.saveError instanceof ApiFailure && notebook.saveError.status === 403) {
    const copy = () => {
      create({ title: `${notebook.page.title} (mine)`.slice(0, 200), cells: [...notebook.page.cells] })
      desk.edit(notebook.id, () => notebook.savedPage, 'structure')
    }
    return (
      <div className="notice info" role="status">
        <Icon of={Copy} />
        <span className="grow">This notebook is somebody else’s: your edits are {isKept ? 'kept here only' : 'in this tab only'}.</span>
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
        {told.what}. Edits are {isKept ? 'kept here' : 'in this tab only'}
        {told.tone === 'idle' ? '' : `: ${told.why}`}.
      </span>
      <Button onPress={() => void saveNow(notebook.id)}>Try now</Button>
    </div>
  )
}

/** Saving goes on by itself; who asks for it is told which version it became. */
export const nameFieldId = (notebook: string): string => `name-of-${notebook}`
function askForName(notebook: string): void {
  const field = document.getElementById(nameFieldId(notebook))
  if (!(field instanceof HTMLInputElement)) return
  field.focus()
  field.select()
}

export function useSaveNow(): () => void {
  const { notebook } = useNotebook()
  const { desk, kept, saveNow } = useDesk()
  const { id } = notebook
  return useCallback(() => {
    void saveNow(id).then(() => {
      const now = desk.notebook(id)
      if (now?.save === 'saved') {
        // Offered, never taken: who saves out of habit goes on typing where he was.
        const named = now.page.title === untitled ? { action: { label: 'Name it', onClick: () => askForName(id) } } : {}
        return toast.success(`Saved as version ${now.version}`, named)
      }
      return toast(`Not on the server yet: edits are ${kept.keeps() ? 'kept here' : 'in this tab only'}`)
    })
  }, [desk, kept, saveNow, id])
}
