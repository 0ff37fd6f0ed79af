import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vite";
import { licences } from "./licences.ts";

// Where `npm run dev` sends what the page asks of the worker.
const worker = process.env["WORKER"] ?? "http://127.0.0.1:6066";

export default defineConfig({
  plugins: [vue(), licences(["vue", "lightweight-charts", "fancy-canvas"])],
  build: {
    outDir: "../static",
    emptyOutDir: true,
    target: "es2022",
    // The Content-Security-Policy lets no inline script or style run.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  define: { __VUE_OPTIONS_API__: false, __VUE_PROD_DEVTOOLS__: false },
  server: {
    proxy: {
      "/api": worker,
      "/live": worker,
      "/health": worker,
      "/metrics": worker,
      "/ws": { target: worker, ws: true },
    },
  },
});
