import { LayoutDashboard, NotebookPen, ShieldCheck, type LucideIcon } from 'lucide-react'
import type { Me } from '@aquifer/core/contract'
import { mayQuery, maySeeConsent } from './api/roles.js'

export const paths = {
  home: '/home',
  notebooks: '/notebooks',
  notebook: (id: string) => `/notebooks/${encodeURIComponent(id)}`,
  consent: '/consent',
}

export interface Place {
  path: string
  name: string
  icon: LucideIcon
  /** Second key after G. */
  key: string
}

/** The rail: only places that exist and that the role may enter. */
export function placesOf(role: Me['role']): Place[] {
  return [
    { path: paths.home, name: 'Home', icon: LayoutDashboard, key: 'H' },
    ...(mayQuery(role) ? [{ path: paths.notebooks, name: 'Notebooks', icon: NotebookPen, key: 'N' }] : []),
    ...(maySeeConsent(role) ? [{ path: paths.consent, name: 'Consent', icon: ShieldCheck, key: 'C' }] : []),
  ]
}
