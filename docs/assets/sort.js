// Makes the columns of generated tables sortable. Without it they are plain tables: nothing is
// added to the page but buttons around the headings' own words, which do not change.
(() => {
  const FACTORS = { K: 1e3, M: 1e6, B: 1e9, T: 1e12, "%": 0.01 };
  const NUMBER = /^([+-]?[\d,]*\.?\d+(?:e[+-]?\d+)?) ?([KMBT%])?(?: \(.*\))?$/;
  const FEW = 8; // rows that the eye sorts
  const words = new Intl.Collator("en", { numeric: true }); // 7B comes before 13B

  // A cell's text, with powers of ten in formulas written as e23.
  const textOf = (cell) => {
    const copy = cell.cloneNode(true);
    for (const power of copy.querySelectorAll("msup")) {
      if (power.firstElementChild.textContent === "10") {
        power.textContent = `e${power.lastElementChild.textContent}`;
      }
    }
    const text = copy.textContent.trim().replace(/\s+/g, " ").replaceAll("−", "-");
    return text.replace(/ ?× ?e/, "e").replace(/^(-?)e/, (_, sign) => `${sign}1e`).replace(/^\$/, "");
  };

  // The number that a text stands for, or NaN.
  const valueOf = (text) => {
    const found = NUMBER.exec(text);
    return found ? Number(found[1].replaceAll(",", "")) * (FACTORS[found[2]] ?? 1) : NaN;
  };

  // Rows in the order of one column; empty cells stay last whichever way it goes.
  const sort = (table, head) => {
    const falling = head.getAttribute("aria-sort") === "ascending";
    const body = table.tBodies[0];
    const all = [...body.rows].map((row) => {
      const text = textOf(row.cells[head.cellIndex]);
      return { row, text, value: valueOf(text) };
    });
    const known = all.filter(({ text }) => text);
    const empty = all.filter(({ text }) => !text);
    const numbers = known.every(({ value }) => !Number.isNaN(value));
    const rise = (a, b) => (numbers ? a.value - b.value : words.compare(a.text, b.text));
    known.sort((a, b) => (falling ? rise(b, a) : rise(a, b)));
    body.append(...[...known, ...empty].map(({ row }) => row));
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", falling ? "descending" : "ascending");
  };

  const enhance = () => {
    for (const table of document.querySelectorAll(".generated table")) {
      if (!table.tHead || table.tHead.querySelector("button")) continue;
      if (table.tBodies[0].rows.length < FEW) continue;
      for (const head of table.tHead.querySelectorAll("th")) {
        const button = document.createElement("button");
        button.type = "button";
        if (head.querySelector("math")) button.ariaLabel = head.textContent.trim(); // else nameless
        button.append(...head.childNodes);
        button.addEventListener("click", () => sort(table, head));
        head.append(button);
      }
    }
  };

  enhance(); // at once: opened from a file, the theme's document$ stays silent
  globalThis.document$?.subscribe(enhance); // each page that instant navigation puts in place
})();
