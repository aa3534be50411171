import {
  ClipboardCheck,
  Droplets,
  Eye,
  FileSignature,
  Files,
  FolderHeart,
  Table2,
  KeyRound,
  LayoutDashboard,
  NotebookPen,
  ScrollText,
  ShieldCheck,
  Snowflake,
  type LucideIcon,
} from 'lucide-react'
import type { Me } from '@aquifer/core/contract'
import {
  isPerson,
  mayAdminister,
  mayAsk,
  mayAudit,
  maySeeConsent,
  maySeeCuts,
  maySeeFiles,
  maySeePrivacy,
  maySeeQuality,
} from './api/roles.js'

export const paths = {
  home: '/home',
  notebooks: '/notebooks',
  notebook: (id: string) => `/notebooks/${encodeURIComponent(id)}`,
  /** a table as a tab beside the notebooks */
  notebookTable: (table: string) => `/notebooks/table/${encodeURIComponent(table)}`,
  catalogue: '/catalogue',
  catalogueTable: (table: string) => `/catalogue/${encodeURIComponent(table)}`,
  consent: '/consent',
  files: '/files',
  cuts: '/cuts',
  quality: '/quality',
  privacy: '/privacy',
  audit: '/audit',
  administration: '/administration',
  myData: '/my-data',
  myConsents: '/my-consents',
  seen: '/who-saw-my-data',
}

export interface Place {
  path: string
  name: string
  /** what the rail has room for, a part of the name */
  short?: string
  icon: LucideIcon
  /** Second key after G. */
  key: string
}

/** A guardian looks at data that are not hers. */
const personPlaces = (own: boolean): Place[] => [
  { path: paths.myData, name: own ? 'My data' : 'Data', icon: FolderHeart, key: 'D' },
  { path: paths.myConsents, name: own ? 'My consents' : 'Consents', short: 'Consents', icon: FileSignature, key: 'C' },
  { path: paths.seen, name: own ? 'Who saw my data' : 'Who saw the data', short: 'Who saw', icon: Eye, key: 'W' },
]

/** The rail: only places that exist and that the caller may enter. */
export function placesOf(me: Pick<Me, 'role' | 'rights'>): Place[] {
  return [
    { path: paths.home, name: 'Home', icon: LayoutDashboard, key: 'H' },
    ...(mayAsk(me) ? [{ path: paths.notebooks, name: 'Notebooks', icon: NotebookPen, key: 'N' }] : []),
    ...(mayAsk(me) ? [{ path: paths.catalogue, name: 'Catalogue', icon: Table2, key: 'T' }] : []),
    ...(maySeeFiles(me) ? [{ path: paths.files, name: 'Files', icon: Files, key: 'F' }] : []),
    ...(maySeeCuts(me) ? [{ path: paths.cuts, name: 'Data cuts', short: 'Cuts', icon: Snowflake, key: 'U' }] : []),
    ...(maySeeConsent(me) ? [{ path: paths.consent, name: 'Consent', icon: ShieldCheck, key: 'C' }] : []),
    ...(maySeeQuality(me) ? [{ path: paths.quality, name: 'Data quality', short: 'Quality', icon: ClipboardCheck, key: 'Q' }] : []),
    ...(maySeePrivacy(me) ? [{ path: paths.privacy, name: 'Privacy', icon: Droplets, key: 'P' }] : []),
    ...(mayAudit(me) ? [{ path: paths.audit, name: 'Audit', icon: ScrollText, key: 'A' }] : []),
    ...(mayAdminister(me) ? [{ path: paths.administration, name: 'Administration', short: 'Admin', icon: KeyRound, key: 'M' }] : []),
    ...(isPerson(me.role) ? personPlaces(me.role === 'patient') : []),
  ]
}
