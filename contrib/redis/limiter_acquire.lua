-- ARGV: window, lease, deadline, process, interactive, bulk, stale, time that what
-- waits is remembered. It returns the time, how many interactive and bulk requests may
-- be sent, the first slot, the delay, and whether there may be room sooner.
local deadline, process = tonumber(ARGV[3]), ARGV[4]
local interactive, bulk = tonumber(ARGV[5]), tonumber(ARGV[6])
if deadline > 0 and now > deadline then
	-- The caller has given up.
	return {now, -1, 0, 0, 0, 0}
end
if ARGV[7] == '1' then
	-- There may have been requests that nobody has counted here: find out with one.
	s.known, s.responded, s.begun, s.sent, s.burst = 0, 0, now, 0, 1
end
local soonest = advance()
local inFlight = redis.call('HLEN', F)

local function room(isBulk)
	if s.known == 0 then
		if s.responded == 1 then
			return math.huge
		end
		return s.burst * (1 + math.floor((now - s.begun) / 1000)) - s.sent
	end
	local left = s.remaining - inFlight
	if isBulk and not (s.probing == 1 and inFlight == 0) then
		left = left - math.floor(s.limit / 100)
	end
	return left
end

-- What waits in other processes: how many of them have requests of a class that wait,
-- and how many requests within the window the one with the fewest has.
local others = {interactive = 0, bulk = 0}
local fewest = {interactive = math.huge, bulk = math.huge}
local waiting = redis.call('HGETALL', Q)
for i = 1, #waiting, 2 do
	local who = waiting[i]
	local ni, nb, expiry = string.match(waiting[i + 1], '^(%d+):(%d+):(%d+)$')
	if tonumber(expiry) < now then
		redis.call('HDEL', Q, who)
	elseif who ~= process then
		local has = tonumber(redis.call('HGET', O, who) or 0)
		for class, n in pairs({interactive = tonumber(ni), bulk = tonumber(nb)}) do
			if n > 0 then
				others[class] = others[class] + 1
				fewest[class] = math.min(fewest[class], has)
			end
		end
	end
end

-- allowed returns how many of n requests may be sent. While other processes wait, no
-- process gets far ahead of the one that has had the least.
local function allowed(class, n, left)
	n = math.max(0, math.min(n, left))
	if n > 0 and others[class] > 0 and s.known == 1 then
		local ahead = math.max(1, math.floor(s.limit / (4 * (others[class] + 1))))
		local has = tonumber(redis.call('HGET', O, process) or 0)
		n = math.max(0, math.min(n, fewest[class] + ahead - has))
	end
	return n
end

local gi, gb = allowed('interactive', interactive, room(false)), 0
if gi == interactive and others.interactive == 0 then
	gb = allowed('bulk', bulk, room(true) - gi)
end

local first, granted = s.next, gi + gb
local entry = now .. ':' .. s.ended .. ':' .. process
for from = 1, granted, 500 do
	local all = {}
	for slot = from, math.min(granted, from + 499) do
		all[#all + 1] = first + slot - 1
		all[#all + 1] = entry
	end
	redis.call('HSET', F, unpack(all))
end
if granted > 0 then
	redis.call('HINCRBY', O, process, granted)
end
s.next, s.sent, inFlight = s.next + granted, s.sent + granted, inFlight + granted

local delay = 0
local leftInteractive, leftBulk = interactive - gi, bulk - gb
if leftInteractive + leftBulk > 0 then
	redis.call('HSET', Q, process, leftInteractive .. ':' .. leftBulk .. ':' .. (now + ARGV[8]))
	if room(leftInteractive == 0) > 0 then
		delay = 20 -- others go first
	elseif s.known == 0 then
		delay = 1000 - (now - s.begun) % 1000
	else
		delay = math.max(1, math.min(s.reset, soonest or s.reset) - now)
	end
elseif #waiting > 0 then
	redis.call('HDEL', Q, process)
end
save()
if granted > 0 and inFlight == granted then
	expire(S, F, O)
end
if leftInteractive + leftBulk > 0 then
	expire(S, Q)
end
return {now, gi, gb, first, delay, (inFlight > 0) and 1 or 0}
