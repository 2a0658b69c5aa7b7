/* Draws every [data-chart] with Chart.js; loaded only on pages that have one. Without it the page shows the table. */
(() => {
  "use strict";

  const DASHES = [[], [9, 5], [2, 5], [14, 4, 2, 4], [5, 3]];
  const PAST = [4, 4];
  const drawn = new Map();

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;

  function axis(data) {
    const format = new Intl.NumberFormat(data.language, { notation: "compact", maximumFractionDigits: 1 });
    return (value) => {
      const shown = data.money ? value / data.unit : value;
      if (!data.money || !value) return format.format(shown);
      return data.language.startsWith("ru") ? `${format.format(shown)}\u00a0${data.symbol}` : data.symbol + format.format(shown);
    };
  }

  function lines(data) {
    return data.series.map((one, place) => {
      const ink = colour(one.past ? "control" : `chart-${place + 1}`);
      return {
        label: one.name,
        data: one.values,
        texts: one.texts,
        borderColor: ink,
        backgroundColor: `${ink}14`,
        borderWidth: one.past ? 1.75 : 2.5,
        borderDash: one.past ? PAST : DASHES[place],
        fill: place === 0 && !one.past ? "origin" : false,
        pointRadius: 0,
        pointHitRadius: 12,
        cubicInterpolationMode: "monotone",
      };
    });
  }

  function options(data) {
    const font = { family: "Golos Text, Arial, sans-serif", size: 12 };
    const ink = colour("ink-2");
    return {
      maintainAspectRatio: false,
      animation: still ? false : { duration: 240 },
      interaction: { mode: "index", intersect: false },
      scales: {
        x: { grid: { display: false }, border: { color: colour("line") }, ticks: { color: ink, font, maxTicksLimit: innerWidth < 720 ? 5 : 7, maxRotation: 0 } },
        y: {
          beginAtZero: true,
          border: { display: false },
          grid: { color: colour("line") },
          ticks: { color: ink, font, maxTicksLimit: 4, callback: axis(data) },
        },
      },
      plugins: {
        legend: { display: false },
        tooltip: {
          backgroundColor: colour("toast"),
          titleColor: "#FFFFFF",
          bodyColor: "#FFFFFF",
          titleFont: font,
          bodyFont: { ...font, size: 13 },
          padding: 10,
          cornerRadius: 10,
          displayColors: false,
          callbacks: { label: (item) => `${item.dataset.label}: ${item.dataset.texts[item.dataIndex]}` },
        },
      },
    };
  }

  function draw(figure) {
    const data = JSON.parse(figure.dataset.chart);
    if (drawn.has(figure)) drawn.get(figure).destroy();
    else figure.querySelector("details").open = false;
    figure.classList.add("drawn");
    const canvas = figure.querySelector("canvas");
    drawn.set(figure, new Chart(canvas, { type: "line", data: { labels: data.labels, datasets: lines(data) }, options: options(data) }));
  }

  const drawAll = (part) => part.querySelectorAll("[data-chart]").forEach(draw);

  drawAll(document);
  document.addEventListener("molva:theme", () => drawAll(document));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawAll(document));
  document.addEventListener("htmx:load", (event) => {
    if (event.detail.elt !== document.body) drawAll(event.detail.elt);
  });
})();
