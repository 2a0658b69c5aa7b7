// The documented interface of InSales' common.v2.js, written anew for the demo shop: enough for scripts that ask it.
(function () {
  "use strict";
  var heard = {}, last = {}, logged = {};

  var EventBus = {
    subscribe: function (name, callback) {
      (heard[name] = heard[name] || []).push(callback);
      if (name in last) callback(last[name]);
    },
    publish: function (name, data) {
      last[name] = data;
      if (logged[name.split(":").pop()]) console.log(name, data);
      (heard[name] || []).slice().forEach(function (callback) {
        try { callback(data); } catch (error) { console.error(error); }
      });
    },
    unsubscribe: function (name, callback) {
      heard[name] = (heard[name] || []).filter(function (one) { return one !== callback; });
    },
    logger: { add: function (component) { logged[component] = true; } },
  };

  // A promise with the names that jQuery's deferred objects have.
  function deferred(promise) {
    var told = {
      done: function (callback) { promise.then(callback, function () {}); return told; },
      fail: function (callback) { promise.then(function () {}, callback); return told; },
      always: function (callback) { promise.then(callback, callback); return told; },
      then: function (good, bad) { return deferred(promise.then(good, bad)); },
      catch: function (bad) { return deferred(promise.catch(bad)); },
    };
    promise.catch(function () {});
    return told;
  }

  function ask(method, path, fields) {
    var token = document.querySelector("meta[name=csrf-token]");
    var options = { method: method, headers: { Accept: "application/json" }, credentials: "same-origin" };
    if (token) options.headers["X-CSRF-Token"] = token.content;
    if (fields) options.body = new URLSearchParams(fields);
    return deferred(fetch(path, options).then(function (answer) {
      return answer.json().then(function (body) {
        if (!answer.ok || body.status === "error") throw body;
        return body;
      });
    }));
  }

  function put(fields) {
    return ask("POST", "/cart_items.json", Object.assign({ _method: "put" }, fields));
  }

  function changes(items, options) {
    var fields = {};
    Object.keys(items || {}).forEach(function (id) { fields["cart[quantity][" + id + "]"] = items[id]; });
    Object.keys((options || {}).comments || {}).forEach(function (id) {
      fields["cart[order_line_comments][" + id + "]"] = options.comments[id];
    });
    if (options && options.coupon !== undefined) fields["cart[coupon]"] = options.coupon;
    return fields;
  }

  var shopClient = {
    get: function () { return ask("GET", "/client_account/contacts.json"); },
    login: function () { return deferred(Promise.reject({ base: ["Not authorized"] })); },
    logout: function () { return deferred(Promise.resolve({ status: "ok" })); },
  };

  var ajaxAPI = {
    cart: {
      get: function () { return ask("GET", "/front_api/cart.json"); },
      add: function (items, options) {
        var fields = {};
        Object.keys(items || {}).forEach(function (id) { fields["variant_ids[" + id + "]"] = items[id]; });
        return ask("PATCH", "/front_api/cart.json", Object.assign(fields, changes({}, options)));
      },
      update: function (items, options) { return put(changes(items, options)); },
      remove: function (id) {
        var items = {};
        items[id] = 0;
        return put(changes(items));
      },
    },
    shop: { client: shopClient },
    checkout: {
      order: function (client, order) {
        var fields = { "client[consent_to_personal_data]": "1" };
        Object.keys(client || {}).forEach(function (name) { fields["client[" + name + "]"] = client[name]; });
        fields["order[delivery_variant_id]"] = (order || {}).delivery;
        fields["order[payment_gateway_id]"] = (order || {}).payment;
        return ask("POST", "/fast_checkout.json", fields);
      },
      quick: function (fields) { return ask("POST", "/quick_checkout.json", fields); },
    },
  };

  var now = { items: [], items_count: 0, total_price: 0, order_lines: [] };

  function act(method, promise) {
    var data = { action: { method: method } };
    EventBus.publish("before:insales:cart", data);
    return promise.then(function (cart) {
      now = Object.assign({ order_lines: cart.items }, cart, data);
      if (method) EventBus.publish(method + ":insales:cart", now);
      EventBus.publish("update_items:insales:cart", now);
      EventBus.publish("always:insales:cart", now);
      return now;
    }, function (error) {
      EventBus.publish("always:insales:cart", data);
      throw error;
    });
  }

  function amount(id) {
    var item = Cart.order.getItemByID(id);
    return item ? item.quantity : 0;
  }

  function each(items, count) {
    var told = {};
    items.forEach(function (id) { told[id] = count(id); });
    return told;
  }

  var Cart = {
    add: function (task) { return act("add_items", ajaxAPI.cart.add(task.items, task)); },
    set: function (task) { return act("set_items", ajaxAPI.cart.update(task.items, task)); },
    setCoupon: function (task) { return act("set_coupon", ajaxAPI.cart.update({}, { coupon: task.coupon })); },
    delete: function (task) {
      return act("delete_items", ajaxAPI.cart.update(each(task.items, function () { return 0; })));
    },
    remove: function (task) {
      return act("remove_items", ajaxAPI.cart.update(each(Object.keys(task.items), function (id) {
        return Math.max(0, amount(id) - task.items[id]);
      })));
    },
    clear: function () {
      var all = now.items.map(function (item) { return item.variant_id; });
      return act("clear_items", ajaxAPI.cart.update(each(all, function () { return 0; })));
    },
    forceUpdate: function () { return act("", ajaxAPI.cart.get()); },
    order: {
      get: function () { return now; },
      getItemByID: function (id) {
        return now.items.filter(function (item) { return String(item.variant_id) === String(id); })[0];
      },
    },
  };

  function config() {
    var place = document.querySelector("body[data-config]");
    return place ? JSON.parse(place.getAttribute("data-config")) : {};
  }

  function some(values, names) {
    if (!names) return values;
    var told = {};
    [].concat(names).forEach(function (name) { told[name] = values[name]; });
    return told;
  }

  var params = {};
  var Shop = {
    money: { format: function (sum) { return Number(sum).toLocaleString("ru-RU") + " руб."; } },
    units: { getName: function (code) { return { kgm: "кг", pce: "шт" }[code] || code; } },
    config: {
      get: function (names) { return some(Object.assign(config(), params), names); },
      getProductId: function () { return config().product_id || null; },
      setParam: function (name, value) { params[name] = value; },
    },
    pageData: { get: function (names) { return some(config(), names); } },
    client: shopClient,
  };

  function list() {
    var ids = [];
    return {
      add: function (task) { ids.push(task.item); },
      remove: function (task) { ids = ids.filter(function (id) { return id !== task.item; }); },
      get: function () { return ids.slice(); },
      clear: function () { ids = []; },
    };
  }

  Object.assign(window, {
    EventBus: EventBus,
    Cart: Cart,
    Shop: Shop,
    ajaxAPI: ajaxAPI,
    Products: { getList: function () { return deferred(Promise.resolve([])); } },
    Compare: list(),
    FavoritesProducts: list(),
    AjaxSearch: {},
    Site: {},
    Template: { render: function () { return ""; } },
  });
  Cart.forceUpdate();
})();
