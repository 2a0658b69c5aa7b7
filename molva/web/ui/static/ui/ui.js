/* The little a page does by itself. Everything here only adds to what works without it:
   copying, dialogs, the theme, unsaved changes, menus, Ctrl K, ticked rows. No dependency. */
(() => {
  "use strict";

  const doc = document;
  const root = doc.documentElement;
  const said = (name) => doc.body.dataset[name] || "";
  const find = (selector, from = doc) => from.querySelector(selector);
  const all = (selector, from = doc) => Array.from(from.querySelectorAll(selector));
  const YEAR = 31536000;

  /* ---- toasts ---- */

  function toast(text) {
    const line = doc.createElement("div");
    line.className = "toast";
    line.textContent = text;
    find("#toasts").append(line);
    leaveLater(line);
  }

  /* A toast with a way back stays longer; under the pointer or with focus it does not leave at all. */
  function leaveLater(line) {
    const wait = line.querySelector("form, a") ? 10000 : 5000;
    const leave = () => (line.matches(":hover, :focus-within") ? setTimeout(leave, 2000) : line.remove());
    setTimeout(leave, wait);
  }

  /* ---- copy ---- */

  function select(node) {
    if (node.select) {
      node.select();
      return;
    }
    const range = doc.createRange();
    range.selectNodeContents(node);
    const selection = getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
  }

  async function copy(button) {
    const source = find(button.dataset.copy);
    const text = source.dataset.text || source.value || source.textContent.trim();
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      select(source);
      if (!doc.execCommand("copy")) return;
    }
    toast(button.dataset.copied || said("saidCopied"));
  }

  /* ---- the phone's own sharing, where the browser has it ---- */

  async function share(button) {
    const source = find(button.dataset.share);
    try {
      await navigator.share({ text: source.dataset.text });
    } catch {
      /* the person closed the window of the phone: nothing to say */
    }
  }

  /* ---- theme: kept in a cookie, so that the server draws it from the first byte ---- */

  function theme(event) {
    const form = event.target.closest("[data-theme-form]");
    if (!form || !event.submitter) return;
    event.preventDefault();
    const wish = event.submitter.value;
    doc.cookie = `theme=${wish}; path=/; max-age=${wish ? YEAR : 0}; samesite=lax`;
    if (wish) root.dataset.bsTheme = wish;
    else delete root.dataset.bsTheme;
    all("button", form).forEach((one) => one.setAttribute("aria-pressed", String(one === event.submitter)));
    doc.dispatchEvent(new CustomEvent("molva:theme"));
  }

  /* ---- dialogs: a link to a confirm page that opens as a dialog when it can ---- */

  function openDialog(opener, event) {
    const dialog = doc.getElementById(opener.dataset.dialog);
    if (!dialog || !dialog.showModal) return;
    event.preventDefault();
    dialog.showModal();
  }

  function closeMenus(except) {
    all("details.menu[open], details.sheet[open]").forEach((one) => {
      if (!except || !one.contains(except)) one.open = false;
    });
  }

  /* ---- unsaved changes ---- */

  const dirty = new Set();

  function state(form) {
    return new URLSearchParams(new FormData(form)).toString();
  }

  function guard(form) {
    const before = state(form);
    const bar = find("[data-save-text]", form) || find("[data-save-text]");
    const calm = bar ? bar.textContent : "";
    form.addEventListener("input", () => {
      const changed = state(form) !== before;
      dirty[changed ? "add" : "delete"](form);
      if (bar) bar.textContent = changed ? said("saidUnsaved") : calm;
    });
    form.addEventListener("submit", () => dirty.delete(form));
  }

  /* ---- ticked rows and the bar of bulk actions ---- */

  function ticked(from) {
    const form = from.closest("form");
    const bar = form && find("[data-bulk]", form);
    if (!bar) return;
    const rows = all("tbody input[type=checkbox]", form);
    const chosen = rows.filter((one) => one.checked).length;
    bar.hidden = chosen === 0;
    find("[data-bulk-count]", bar).textContent = chosen;
    const head = find("thead input[type=checkbox]", form);
    if (head) {
      head.checked = chosen > 0 && chosen === rows.length;
      head.indeterminate = chosen > 0 && chosen < rows.length;
    }
  }

  function tickAll(form, wish) {
    all("tbody input[type=checkbox]", form).forEach((one) => {
      one.checked = wish;
    });
    ticked(form.querySelector("tbody") || form);
  }

  /* ---- sliders: the filled part is as long as the value; the words beside follow ---- */

  function slide(input) {
    const low = Number(input.min || 0);
    const high = Number(input.max || 100);
    input.style.setProperty("--fill", `${((input.value - low) * 100) / (high - low || 1)}%`);
    const out = input.dataset.output && doc.getElementById(input.dataset.output);
    if (out) {
      const figure = new Intl.NumberFormat(root.lang).format(input.value);
      out.textContent = (input.dataset.before || "") + figure + (input.dataset.unit || "");
    }
  }

  /* ---- listening ---- */

  doc.addEventListener("click", (event) => {
    const near = (selector) => event.target.closest(selector);
    let hit;
    if ((hit = near("[data-copy]"))) copy(hit);
    if ((hit = near("[data-share]"))) share(hit);
    if ((hit = near("[data-dialog]"))) openDialog(hit, event);
    if ((hit = near("[data-close]"))) hit.closest("dialog").close();
    if ((hit = near("[data-print]"))) print();
    if ((hit = near("[data-bulk-clear]"))) tickAll(hit.closest("form"), false);
    if (event.target.matches("dialog[open]")) event.target.close();
    if (!near(".menu-list, .sheet-body")) closeMenus(near("details.menu, details.sheet"));
    else if (near(".sheet-body") && event.target === near(".sheet-body")) closeMenus();
  });

  doc.addEventListener("change", (event) => {
    const box = event.target;
    if (!box.matches("input[type=checkbox]")) return;
    if (box.closest("thead") && box.form) tickAll(box.form, box.checked);
    else if (box.closest("tbody")) ticked(box);
  });

  doc.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const menu = find("details.menu[open], details.sheet[open]");
      closeMenus();
      if (menu) find("summary", menu).focus();
    }
    if ((event.ctrlKey || event.metaKey) && event.code === "KeyK") {
      const search = find("[data-search]");
      if (!search) return;
      event.preventDefault();
      search.focus();
      search.select();
    }
  });

  doc.addEventListener("submit", theme);
  doc.addEventListener("input", (event) => {
    if (event.target.matches("input[type=range]")) slide(event.target);
  });

  addEventListener("beforeunload", (event) => {
    if (dirty.size) event.preventDefault();
  });

  function prepare(part) {
    all("form[data-guard]", part).forEach(guard);
    all("input[type=range]", part).forEach(slide);
    if (navigator.share) all("[data-share]", part).forEach((one) => (one.hidden = false));
    all("[data-toast]", part).forEach(leaveLater);
  }

  prepare(doc);
  doc.addEventListener("htmx:load", (event) => {
    if (event.detail.elt !== doc.body) prepare(event.detail.elt);
  });
})();
