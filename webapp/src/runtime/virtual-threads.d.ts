/** Addresses of what threads of WebAssembly run, and of what starts each; see plugins/lean.ts. */
declare module 'virtual:threads' {
  export const glue: string
  export const thread: string
}
