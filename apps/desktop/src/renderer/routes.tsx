import { lazy, Suspense, useState } from 'react'
import { createHashRouter, Navigate, RouterProvider, useRouteError } from 'react-router'
import { useMe } from './api/SessionProvider.js'
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
import { Shell } from './features/shell/Shell.js'
import { paths } from './paths.js'
import { Failure, SkeletonRows } from './ui/states.js'

const HomePage = lazy(() => import('./features/home/HomePage.js'))
const NotebooksPage = lazy(() => import('./features/notebook/NotebooksPage.js'))
const CataloguePage = lazy(() => import('./features/catalogue/CataloguePage.js'))
const DataPage = lazy(() => import('./features/person/DataPage.js'))
const ConsentsPage = lazy(() => import('./features/person/ConsentsPage.js'))
const SeenPage = lazy(() => import('./features/person/SeenPage.js'))
const AdministrationPage = lazy(() => import('./features/administration/AdministrationPage.js'))
const AuditPage = lazy(() => import('./features/audit/AuditPage.js'))
const PrivacyPage = lazy(() => import('./features/privacy/PrivacyPage.js'))
const FilesPage = lazy(() => import('./features/files/FilesPage.js'))
const CutsPage = lazy(() => import('./features/cuts/CutsPage.js'))
const QualityPage = lazy(() => import('./features/quality/QualityPage.js'))
const ConsentPage = lazy(() => import('./features/consent/ConsentPage.js'))

const page = (element: React.ReactNode) => <Suspense fallback={<PageLoading />}>{element}</Suspense>

/** Hash routes: the same page is served by the program's own scheme and by the server, and neither needs a rewrite rule. */
function openRouter() {
  return createHashRouter([
    {
      element: <Shell />,
      errorElement: <PageFault />,
      children: [
        {
          errorElement: <PageFault />,
          children: [
            { path: paths.home, element: page(<HomePage />) },
            { path: `${paths.notebooks}/*`, element: <Allowed when={mayAsk}>{page(<NotebooksPage />)}</Allowed> },
            { path: `${paths.catalogue}/:table?`, element: <Allowed when={mayAsk}>{page(<CataloguePage />)}</Allowed> },
            { path: paths.consent, element: <Allowed when={maySeeConsent}>{page(<ConsentPage />)}</Allowed> },
            { path: paths.files, element: <Allowed when={maySeeFiles}>{page(<FilesPage />)}</Allowed> },
            { path: paths.cuts, element: <Allowed when={maySeeCuts}>{page(<CutsPage />)}</Allowed> },
            { path: paths.quality, element: <Allowed when={maySeeQuality}>{page(<QualityPage />)}</Allowed> },
            { path: paths.privacy, element: <Allowed when={maySeePrivacy}>{page(<PrivacyPage />)}</Allowed> },
            { path: paths.audit, element: <Allowed when={mayAudit}>{page(<AuditPage />)}</Allowed> },
            { path: paths.administration, element: <Allowed when={mayAdminister}>{page(<AdministrationPage />)}</Allowed> },
            { path: paths.myData, element: <Allowed when={({ role }) => isPerson(role)}>{page(<DataPage />)}</Allowed> },
            { path: paths.myConsents, element: <Allowed when={({ role }) => isPerson(role)}>{page(<ConsentsPage />)}</Allowed> },
            { path: paths.seen, element: <Allowed when={({ role }) => isPerson(role)}>{page(<SeenPage />)}</Allowed> },
            { path: '*', element: <Navigate to={paths.home} replace /> },
          ],
        },
      ],
    },
  ])
}

export function Routes() {
  const [router] = useState(openRouter)
  return <RouterProvider router={router} />
}

function Allowed({ when, children }: { when: (me: ReturnType<typeof useMe>) => boolean; children: React.ReactNode }) {
  return when(useMe()) ? children : <Navigate to={paths.home} replace />
}

function PageLoading() {
  return (
    <div className="page">
      <SkeletonRows rows={6} />
    </div>
  )
}

function PageFault() {
  const error = useRouteError()
  return (
    <div className="page">
      <Failure error={error} retry={() => location.reload()} />
    </div>
  )
}
