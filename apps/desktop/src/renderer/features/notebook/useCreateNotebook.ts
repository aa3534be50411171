import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useState } from 'react'
import { useNavigate } from 'react-router'
import { notebook as notebookSchema, type Notebook } from '@aquifer/core/contract'
import { keys } from '../../api/queries.js'
import { useApi } from '../../api/SessionProvider.js'
import { paths } from '../../paths.js'
import { tellFailure } from '../../ui/tell.js'
import { useDesk } from './DeskProvider.js'
import { exampleCells, firstCell } from './example.js'
import type { Cell } from './model.js'

export interface Draft {
  title: string
  cut?: string | null
  cells: Omit<Cell, 'id'>[]
}

export const untitled = 'Untitled notebook'
export const blank = (counts: boolean): Draft => ({ title: untitled, cells: [firstCell(counts)] })
export const example = (counts: boolean): Draft => ({ title: 'Who is in this study', cells: exampleCells(counts) })

/** Makes a notebook on the server and opens it; `made` is told before it is drawn. */
export function useCreateNotebook(study: string): { create(draft: Draft, made?: (notebook: Notebook) => void): void; busy: boolean } {
  const api = useApi()
  const queries = useQueryClient()
  const navigate = useNavigate()
  const { desk } = useDesk()
  const [busy, setBusy] = useState(false)
  const create = useCallback(
    ({ title, cut = null, cells }: Draft, onMade?: (notebook: Notebook) => void) => {
      const body = { study, title, cut, cells: cells.map((cell) => ({ ...cell, id: desk.parts.newId() })) }
      setBusy(true)
      void api
        .json('/query/api/v1/notebooks', notebookSchema, { method: 'POST', body })
        .then((made) => {
          desk.put(made)
          onMade?.(made)
          void queries.invalidateQueries({ queryKey: keys.notebooks(study) })
          return navigate(paths.notebook(made.id))
        })
        .catch((error: unknown) => tellFailure('The notebook was not made', error))
        .finally(() => setBusy(false))
    },
    [api, desk, navigate, queries, study],
  )
  return { create, busy }
}
