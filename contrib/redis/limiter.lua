-- What both scripts begin with. Times are in milliseconds of the server's clock. The
-- state of an endpoint:
--
--   S  a hash with the fields below
--   F  a hash with the requests in flight: slot -> time:ended:process
--   L  a list with the requests that ended within the window, in the order in which
--      they ended: time:end:process:counted
--   O  a hash with how many of those in F and L each process has
--   Q  a hash with what waits in each process: process -> interactive:bulk:expiry
--   R  a sorted set with the reports that no later one undercuts: ended:remaining:reset
local S, F, L, O, Q, R = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local window, lease = tonumber(ARGV[1]), tonumber(ARGV[2])
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

-- known: whether remaining is known. remaining: the least room that is left, requests
-- in flight not subtracted. limit: the room in an empty window, 0 if unknown. reset:
-- when there is more. empty: when all requests so far have left the window. probing:
-- whether remaining counts room that no response has confirmed. ended: how many have
-- ended. oldest, next: the first slot that may be in flight, and the first that was
-- not given yet. reported: when the last report came. credited: whether remaining
-- counts requests of ours that have left the window since. probed: whether it counts
-- one more that may be ours. responded: whether there was a response since remaining
-- became unknown, begun: when that was, sent: how many requests since, burst: how many
-- may be sent a second before there is a response.
local fields = {'known', 'remaining', 'limit', 'reset', 'empty', 'probing', 'ended', 'oldest', 'next',
	'reported', 'credited', 'probed', 'responded', 'begun', 'sent', 'burst'}
local s = {}
for i, value in ipairs(redis.call('HMGET', S, unpack(fields))) do
	s[fields[i]] = tonumber(value or 0)
end
if s.next == 0 then
	-- Slots of a state that was lost are not known to this one.
	s.next, s.oldest, s.begun, s.burst = now, now, now, 20
end

local function save()
	local all = {}
	for _, field in ipairs(fields) do
		all[#all + 1] = field
		all[#all + 1] = s[field]
	end
	redis.call('HSET', S, unpack(all))
end

-- expire has keys end some time after their endpoint is not used any more. A key that was
-- gone and is there again has no end.
local function expire(...)
	for _, key in ipairs({...}) do
		redis.call('PEXPIRE', key, 2 * window + lease + 60000)
	end
end

-- The clocks of the server and of the API do not run at the same speed.
local margin = math.ceil(window / 1200)

local function leave(process)
	if redis.call('HINCRBY', O, process, -1) <= 0 then
		redis.call('HDEL', O, process)
	end
end

-- ends notes that a request has ended.
local function ends(slot, entry, counted)
	local began, _, process = string.match(entry, '^(%d+):(%d+):(.+)$')
	redis.call('HDEL', F, slot)
	redis.call('RPUSH', L, began .. ':' .. now .. ':' .. process .. ':' .. counted)
end

-- advance brings the state to the present.
local function advance()
	-- The process of a request that is in flight for long may have died. The API may
	-- have counted the request.
	while s.oldest < s.next do
		local entry = redis.call('HGET', F, s.oldest)
		if entry then
			if tonumber(string.match(entry, '^%d+')) + lease > now then
				break
			end
			ends(s.oldest, entry, 0)
			s.ended = s.ended + 1
			s.remaining = s.remaining - 1
		end
		s.oldest = s.oldest + 1
	end

	if s.reset - now > window + 30000 then
		-- The clock was set back.
		s.known, s.reset, s.empty = 0, 0, 0
		redis.call('DEL', L, R)
	end

	-- Requests of ours leave the window. When the last report came, those that began
	-- more than a window before it may have left already.
	local soonest
	while true do
		local entry = redis.call('LINDEX', L, 0)
		if not entry then
			break
		end
		local began, ended, process, counted = string.match(entry, '^(%d+):(%d+):(.+):(%d)$')
		local leaves = ended + window + margin
		if leaves > now then
			soonest = leaves
			break
		end
		redis.call('LPOP', L)
		leave(process)
		if counted == '1' and began + window > s.reported then
			if s.probed == 1 then
				s.probed = 0
			else
				s.remaining = s.remaining + 1
				s.credited = 1
			end
		end
	end

	if s.known == 1 and now >= s.empty then
		s.remaining = s.limit - redis.call('LLEN', L)
		s.reported, s.credited, s.probed, s.probing = 0, 0, 0, 0
		s.empty = now + window
		s.reset = s.empty
		if s.limit == 0 then
			s.known, s.responded = 0, 1
		end
	elseif s.known == 1 and now >= s.reset then
		-- The window rolls: at the reset there is room for one request at least.
		if s.credited == 0 then
			s.remaining = s.remaining + 1
			s.probed = 1
		end
		s.reset, s.probing = s.empty, 1
	end
	if s.limit > 0 and s.remaining > s.limit then
		s.remaining = s.limit
	end
	return soonest
end
