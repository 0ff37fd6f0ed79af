/// <reference types="node" />
// Ships the licences of what is bundled beside it; they ask for that.
import { existsSync, readFileSync } from "node:fs";
import type { Plugin } from "vite";

const LIGHTWEIGHT_CHARTS_NOTICE = `TradingView Lightweight Charts™
Copyright (c) 2025 TradingView, Inc. https://www.tradingview.com/
`;

export function licences(packages: readonly string[]): Plugin {
  return {
    name: "licences",
    generateBundle() {
      const texts = packages.map((name) => {
        const folder = new URL(`./node_modules/${name}/`, import.meta.url);
        const about = JSON.parse(readFileSync(new URL("package.json", folder), "utf8"));
        const file = new URL("LICENSE", folder);
        // Some packages only name their licence and author.
        const licence = existsSync(file)
          ? readFileSync(file, "utf8")
          : `${about.license} licence, by ${about.author?.name ?? about.author}\n`;
        return `${name} ${about.version}\n\n${licence}`;
      });
      const source = [LIGHTWEIGHT_CHARTS_NOTICE, ...texts].join(`\n${"-".repeat(80)}\n\n`);
      this.emitFile({ type: "asset", fileName: "assets/licences.txt", source });
    },
  };
}
